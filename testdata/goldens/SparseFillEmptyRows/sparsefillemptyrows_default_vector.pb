
8
indicesPlaceholder*
dtype0	*
shape
:
3
valuesPlaceholder*
dtype0*
shape:
8
dense_shapePlaceholder*
dtype0	*
shape:
:
default_valuePlaceholder*
dtype0*
shape:
O
opSparseFillEmptyRowsindicesvaluesdense_shapedefault_value*
T0