
B
inputPlaceholder*
dtype0*
shape:
\
op	MaxPool3Dinput*
T0*
ksize	
*
paddingSAME*
strides	
