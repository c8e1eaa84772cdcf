
7
tensorPlaceholder*
dtype0*
shape
:
2
shapePlaceholder*
dtype0*
shape:
3
opReshapetensorshape*
Tshape0*
T0