
>
inputPlaceholder*
dtype0*
shape:
X
opMaxPoolinput*
T0*
ksize
*
paddingSAME*
strides
