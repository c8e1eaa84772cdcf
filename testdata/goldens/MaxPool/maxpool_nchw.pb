
>
inputPlaceholder*
dtype0*
shape:
p
opMaxPoolinput*
T0*
data_formatNCHW*
ksize
*
paddingVALID*
strides
