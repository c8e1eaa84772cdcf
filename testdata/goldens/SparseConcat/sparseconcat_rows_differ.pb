
:
	indices_0Placeholder*
dtype0	*
shape
:
:
	indices_1Placeholder*
dtype0	*
shape
:
5
values_0Placeholder*
dtype0*
shape:
5
values_1Placeholder*
dtype0*
shape:
5
shapes_0Placeholder*
dtype0	*
shape:
5
shapes_1Placeholder*
dtype0	*
shape:
t
opSparseConcat	indices_0	indices_1values_0values_1shapes_0shapes_1*
N*
T0*

concat_dim