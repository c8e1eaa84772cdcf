
>
inputPlaceholder*
dtype0*
shape:
Y
opMaxPoolinput*
T0*
ksize
*
paddingVALID*
strides
