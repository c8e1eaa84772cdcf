
.
xPlaceholder*
dtype0*
shape:H
.
yPlaceholder*
dtype0*
shape:H

opPowxy*
T0