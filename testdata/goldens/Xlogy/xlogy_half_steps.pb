
/
xPlaceholder*
dtype0*
shape:ê
/
yPlaceholder*
dtype0*
shape:ê

opXlogyxy*
T0