
>
sorted_inputsPlaceholder*
dtype0*
shape
:	
7
valuesPlaceholder*
dtype0*
shape
:
@
op
UpperBoundsorted_inputsvalues*
T0*
out_type0	