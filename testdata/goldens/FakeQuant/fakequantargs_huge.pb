
3
inputsPlaceholder*
dtype0*
shape:+
A
opFakeQuantWithMinMaxArgsinputs*
max% Ú…q*
min% ÚIÒ