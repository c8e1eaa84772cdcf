
6
	indices_0Placeholder*
dtype0*
shape:
7
data_0Placeholder*
dtype0*
shape
:
8
opDynamicStitch	indices_0data_0*
N*
T0