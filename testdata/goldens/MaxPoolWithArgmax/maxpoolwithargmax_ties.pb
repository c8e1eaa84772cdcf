
>
inputPlaceholder*
dtype0*
shape:
c
opMaxPoolWithArgmaxinput*
T0*
ksize
*
paddingVALID*
strides
