
>
input_indicesPlaceholder*
dtype0	*
shape
:
9
input_valuesPlaceholder*
dtype0*
shape:
8
input_shapePlaceholder*
dtype0	*
shape:
F
opSparseReorderinput_indicesinput_valuesinput_shape*
T0