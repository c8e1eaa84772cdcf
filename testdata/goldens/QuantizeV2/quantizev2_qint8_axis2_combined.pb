
>
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"Ý±¾å&¿NÜ¿Zë¿
F
	max_rangeConst*
dtype0*%
valueB"¦@@²Áß?—.Í?m¢p?
Z
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeMIN_COMBINED