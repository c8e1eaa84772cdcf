
:
inputPlaceholder*
dtype0*
shape:
F
reduction_indicesConst*
dtype0*
valueB"ÿÿÿÿýÿÿÿ
I
opMininputreduction_indices*

Tidx0*
T0*
	keep_dims(