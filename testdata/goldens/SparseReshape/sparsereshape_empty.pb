
>
input_indicesPlaceholder*
dtype0	*
shape
:
8
input_shapePlaceholder*
dtype0	*
shape:
6
	new_shapePlaceholder*
dtype0	*
shape:
:
opSparseReshapeinput_indicesinput_shape	new_shape