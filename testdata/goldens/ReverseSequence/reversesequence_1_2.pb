
:
inputPlaceholder*
dtype0*
shape:
8
seq_lengthsPlaceholder*
dtype0*
shape:
^
opReverseSequenceinputseq_lengths*

Tlen0*
T0*
	batch_dim*
seq_dim