
3
inputsPlaceholder*
dtype0*
shape:+
A
opFakeQuantWithMinMaxArgsinputs*
max%•¿V4*
min%•¿Ö³