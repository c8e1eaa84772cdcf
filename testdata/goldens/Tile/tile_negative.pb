
2
inputPlaceholder*
dtype0*
shape:
:
	multiplesConst*
dtype0*
valueB"ÿÿÿÿ
7
opTileinput	multiples*

Tmultiples0*
T0