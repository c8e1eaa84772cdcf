
/
xPlaceholder*
dtype0*
shape:ê
/
yPlaceholder*
dtype0*
shape:ê

opXlog1pyxy*
T0