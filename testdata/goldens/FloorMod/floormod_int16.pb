
/
xPlaceholder*
dtype0*
shape:„
/
yPlaceholder*
dtype0*
shape:„

opFloorModxy*
T0