
/
xPlaceholder*
dtype0*
shape:ê
/
yPlaceholder*
dtype0*
shape:ê

opAddV2xy*
T0