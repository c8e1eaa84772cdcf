
3
tensorPlaceholder*
dtype0*
shape:
6
opCheckNumericstensor*
T0*
messagebad