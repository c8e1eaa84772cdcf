
C
params_nested_splits_0Placeholder*
dtype0*
shape:
C
params_nested_splits_1Placeholder*
dtype0*
shape:
@
params_dense_valuesPlaceholder*
dtype0*
shape:
4
indicesPlaceholder*
dtype0	*
shape:
Â
opRaggedGatherparams_nested_splits_0params_nested_splits_1params_dense_valuesindices*
OUTPUT_RAGGED_RANK*
PARAMS_RAGGED_RANK*
Tindices0	*
Tsplits0*
Tvalues0