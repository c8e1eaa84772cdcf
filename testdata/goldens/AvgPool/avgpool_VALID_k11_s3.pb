
>
valuePlaceholder*
dtype0*
shape:
Y
opAvgPoolvalue*
T0*
ksize
*
paddingVALID*
strides
