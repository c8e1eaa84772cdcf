
>
valuePlaceholder*
dtype0*
shape:
X
opAvgPoolvalue*
T0*
ksize
*
paddingSAME*
strides
