
;
inputsPlaceholder*
dtype0*
shape:
B
reduction_indicesConst*
dtype0*
valueB"ÿÿÿÿ
N
op
ReduceJoininputsreduction_indices*
	keep_dims(*
	separator-