
6
	conditionPlaceholder*
dtype0
*
shape:
.
tPlaceholder*
dtype0*
shape:
.
ePlaceholder*
dtype0*
shape:
&
opSelect	conditionte*
T0