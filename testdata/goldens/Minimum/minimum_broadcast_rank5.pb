
>
xPlaceholder*
dtype0*
shape:
:
yPlaceholder*
dtype0*
shape:

opMinimumxy*
T0