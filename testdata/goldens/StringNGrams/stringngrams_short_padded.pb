
1
dataPlaceholder*
dtype0*
shape:
8
data_splitsPlaceholder*
dtype0	*
shape:
±
opStringNGramsdatadata_splits*
Tsplits0	*
left_pad<*
ngram_widths
	*
	pad_width*
preserve_short_sequences(*
	right_pad>*
	separator|