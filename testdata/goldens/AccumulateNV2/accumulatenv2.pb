
9
inputs_0Placeholder*
dtype0*
shape
:
9
inputs_1Placeholder*
dtype0*
shape
:
9
inputs_2Placeholder*
dtype0*
shape
:
X
opAccumulateNV2inputs_0inputs_1inputs_2*
N*
T0*
shape
: