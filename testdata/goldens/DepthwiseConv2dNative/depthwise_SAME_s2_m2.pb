
>
inputPlaceholder*
dtype0*
shape:
›
filterConst*
dtype0*ü
valueòBï"ØÄÖ>8">¡ÿ°=r@P¿Ý×û>ñï ?èH¿GÐô=”àç¾a–×>Öi¼?§>ë,¤>'ÅG>K[½¶d¶¾‡ÀZ½Äÿø¾Å,?šÁ>û¸¥¾8œ‰>±æË=-b¿5$I¾VøÒ=Ö€t>+¿k¼šåš¾<â‡¾/)	¾Xq2?WÒ1?£?Q>#Pf¾oí>ºu?i:?ÓÐ>@«f?¨Ö>¶M=<»É½øâ?€+?ƒÌ¥?ýÂ°<Åãå¾!Bz¾LÑÒ¾Cø½¡¤>ƒ‘»!9C;
[
opDepthwiseConv2dNativeinputfilter*
T0*
paddingSAME*
strides
