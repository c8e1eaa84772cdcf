
.
xPlaceholder*
dtype0*
shape:
.
yPlaceholder*
dtype0*
shape:
%
opApproximateEqualxy*
T0