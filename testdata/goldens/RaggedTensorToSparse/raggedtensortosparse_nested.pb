
?
rt_nested_splits_0Placeholder*
dtype0*
shape:
?
rt_nested_splits_1Placeholder*
dtype0*
shape:
<
rt_dense_valuesPlaceholder*
dtype0*
shape:
~
opRaggedTensorToSparsert_nested_splits_0rt_nested_splits_1rt_dense_values*
RAGGED_RANK*
Tsplits0*
T0