
3
inputsPlaceholder*
dtype0*
shape:+
%
opFakeQuantWithMinMaxArgsinputs