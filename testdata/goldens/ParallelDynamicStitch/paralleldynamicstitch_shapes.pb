
6
	indices_0Placeholder*
dtype0*
shape:
6
	indices_1Placeholder*
dtype0*
shape:
7
data_0Placeholder*
dtype0*
shape
:
7
data_1Placeholder*
dtype0*
shape
:
S
opParallelDynamicStitch	indices_0	indices_1data_0data_1*
N*
T0