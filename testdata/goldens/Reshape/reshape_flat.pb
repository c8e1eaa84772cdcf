
7
tensorPlaceholder*
dtype0*
shape
:
6
shapeConst*
dtype0*
valueB"ÿÿÿÿ
3
opReshapetensorshape*
Tshape0*
T0