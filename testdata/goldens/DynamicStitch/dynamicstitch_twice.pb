
6
	indices_0Placeholder*
dtype0*
shape:
6
	indices_1Placeholder*
dtype0*
shape:
7
data_0Placeholder*
dtype0*
shape
:
7
data_1Placeholder*
dtype0*
shape
:
K
opDynamicStitch	indices_0	indices_1data_0data_1*
N*
T0