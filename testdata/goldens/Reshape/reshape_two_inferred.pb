
7
tensorPlaceholder*
dtype0*
shape
:
:
shapeConst*
dtype0*
valueB"ÿÿÿÿÿÿÿÿ
3
opReshapetensorshape*
Tshape0*
T0