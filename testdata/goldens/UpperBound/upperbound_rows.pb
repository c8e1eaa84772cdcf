
>
sorted_inputsPlaceholder*
dtype0*
shape
:
7
valuesPlaceholder*
dtype0*
shape
:
0
op
UpperBoundsorted_inputsvalues*
T0