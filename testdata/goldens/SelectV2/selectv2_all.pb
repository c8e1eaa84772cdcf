
>
	conditionPlaceholder*
dtype0
*
shape:
6
tPlaceholder*
dtype0*
shape:
6
ePlaceholder*
dtype0*
shape:
(
opSelectV2	conditionte*
T0