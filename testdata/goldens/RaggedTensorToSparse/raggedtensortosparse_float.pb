
?
rt_nested_splits_0Placeholder*
dtype0	*
shape:
<
rt_dense_valuesPlaceholder*
dtype0*
shape:
j
opRaggedTensorToSparsert_nested_splits_0rt_dense_values*
RAGGED_RANK*
Tsplits0	*
T0