
>
valuePlaceholder*
dtype0*
shape:
p
opAvgPoolvalue*
T0*
data_formatNCHW*
ksize
*
paddingVALID*
strides
