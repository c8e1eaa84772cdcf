
5
values_0Placeholder*
dtype0*
shape:
&
opPackvalues_0*
N*
T0