
2
aPlaceholder*
dtype0*
shape
:
2
bPlaceholder*
dtype0*
shape
:
,
opSparseMatMulab*
Ta0*
Tb0