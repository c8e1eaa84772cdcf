
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB";6Ы?╥Г?┘╞и?■оз?

opFloorDivxy*
T0