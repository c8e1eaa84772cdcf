
2
inputPlaceholder*
dtype0*
shape:
6
shapeConst*
dtype0*
valueB"ÿÿÿÿ
4
opBroadcastToinputshape*

Tidx0*
T0