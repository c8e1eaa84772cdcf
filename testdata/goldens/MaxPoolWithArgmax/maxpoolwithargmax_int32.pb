
>
inputPlaceholder*
dtype0*
shape:
r
opMaxPoolWithArgmaxinput*
Targmax0*
T0*
ksize
*
paddingVALID*
strides
