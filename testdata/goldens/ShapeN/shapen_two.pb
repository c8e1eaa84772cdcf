
8
input_0Placeholder*
dtype0*
shape
:
4
input_1Placeholder*
dtype0*
shape:
0
opShapeNinput_0input_1*
N*
T0