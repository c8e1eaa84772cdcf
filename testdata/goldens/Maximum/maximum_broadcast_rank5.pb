
>
xPlaceholder*
dtype0*
shape:
:
yPlaceholder*
dtype0*
shape:

opMaximumxy*
T0