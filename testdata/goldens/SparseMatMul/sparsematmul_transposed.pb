
2
aPlaceholder*
dtype0*
shape
:
‚
bConst*
dtype0*i
value`B^"PX€u?ª‚?†í¿‡‘?ÿ|d?¨J¾²>rGR¾"<“<;•>pî¿:e>-1œ?‘ú>?dL”?İ²>5	0?¿¼?ïb?NX>
e
opSparseMatMulab*
Ta0*
Tb0*
a_is_sparse(*
transpose_a(*
transpose_b(