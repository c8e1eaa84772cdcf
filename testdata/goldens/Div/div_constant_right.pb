
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"Á?™ý¬?²¡Ð?ä?

opDivxy*
T0