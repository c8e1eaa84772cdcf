
6
shapeConst*
dtype0*
valueB"ÿÿÿÿ
1
seedPlaceholder*
dtype0*
shape:
?
opStatelessRandomUniformshapeseed*
Tseed0*
T0