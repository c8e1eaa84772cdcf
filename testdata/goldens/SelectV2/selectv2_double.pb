
:
	conditionPlaceholder*
dtype0
*
shape
:
2
tPlaceholder*
dtype0*
shape
:
2
ePlaceholder*
dtype0*
shape
:
(
opSelectV2	conditionte*
T0